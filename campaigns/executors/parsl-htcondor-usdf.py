"""Workers on an HTCondor pool such as USDF's, one core each.

Copy this file, and correct what is marked. Run census-extract where condor_submit works; DATA must
be on a file system that all see, such as /sdf.
"""

from parsl import Config
from parsl.addresses import address_by_hostname
from parsl.executors import HighThroughputExecutor
from parsl.jobs.error_handlers import windowed_error_handler
from parsl.providers import CondorProvider

WORKERS = 40  # <- jobs at once
ENVIRONMENT = "/sdf/group/rubin/user/me/quanta-census/.venv"  # <- seen by the pool

config = Config(
    executors=[
        HighThroughputExecutor(
            label="usdf",
            address=address_by_hostname(),
            max_workers_per_node=1,  # one job a core; a batch job that dies takes one slice along
            # Some evictions are usual here: only if the last three batch jobs failed it gives up.
            block_error_handler=windowed_error_handler,
            provider=CondorProvider(
                nodes_per_block=1,
                cores_per_slot=1,
                mem_per_slot=3,  # GB
                init_blocks=0,
                min_blocks=0,
                max_blocks=WORKERS,
                walltime="04:00:00",
                # Credentials are those of this account's files, which the pool sees; tokens that
                # stand in the environment alone must be read here, from a file of mode 600.
                worker_init=f"""
export PATH={ENVIRONMENT}/bin:$PATH
export OMP_NUM_THREADS=1
export LSST_DB_AUTH=$HOME/.lsst/db-auth.yaml
export DAF_BUTLER_REPOSITORY_INDEX=/sdf/group/rubin/shared/data-repos.yaml
""",
            ),
        )
    ],
    strategy="htex_auto_scale",
    usage_tracking=0,
)
