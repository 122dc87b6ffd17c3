"""Workers on CC-IN2P3's Slurm farm, one core each, as Rubin's BPS asks for them.

Copy this file, and correct what is marked. Run census-extract on a login or interactive node whose
address the farm reaches; DATA must be on a file system that both see, such as /sps.
"""

from parsl import Config
from parsl.addresses import address_by_hostname
from parsl.executors import HighThroughputExecutor
from parsl.providers import SlurmProvider

WORKERS = 40  # <- jobs at once
ENVIRONMENT = "/sps/lsst/users/me/quanta-census/.venv"  # <- seen by the farm

config = Config(
    executors=[
        HighThroughputExecutor(
            label="ccin2p3",
            address=address_by_hostname(),
            max_workers_per_node=1,  # one job a core; a batch job that dies takes one slice along
            # A submission that Slurm refuses is tried again, as BPS does it here. While you try a
            # new worker_init, take this line out: jobs that end at once are an error then.
            block_error_handler=False,
            provider=SlurmProvider(
                partition="lsst,htc",
                account="lsst",
                nodes_per_block=1,
                cores_per_node=1,
                mem_per_node=3,  # GB
                init_blocks=0,
                min_blocks=0,
                max_blocks=WORKERS,
                walltime="04:00:00",
                scheduler_options="#SBATCH --qos=normal --licenses=sps",
                # Credentials are those of this account's files, which the farm sees; tokens that
                # stand in the environment alone must be read here, from a file of mode 600.
                worker_init=f"""
ulimit -n hard
export PATH={ENVIRONMENT}/bin:$PATH
export OMP_NUM_THREADS=1
export LSST_DB_AUTH=$HOME/.lsst/db-auth.yaml
export DAF_BUTLER_REPOSITORY_INDEX=/sps/lsst/groups/FrDF/repos/index.yaml
""",
            ),
        )
    ],
    strategy="htex_auto_scale",
    usage_tracking=0,
)
