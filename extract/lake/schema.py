"""Define the lake's tables as pyarrow schemas: the meaning and unit of each column.

This is the contract between extraction and SQL.  It has no logic.  The unit is a suffix
of the name *and* metadata of the field, both from one place.

Hive partitions (``campaign``, ``stage``) are in the path, not in the files.
"""

from __future__ import annotations

import pyarrow as pa

__all__ = [
    "COUNTERS",
    "DIMENSION_COLUMNS",
    "GATHERED_COLUMNS",
    "LAKE_SCHEMA_VERSION",
    "PREFIXES",
    "TABLES",
    "empty_table",
]

LAKE_SCHEMA_VERSION = 5
"""Increases when a column is added, removed or changes meaning; an older lake is then refused."""

PREFIXES = ("prep", "init", "start", "end")
"""The four instants at which a quantum's process records its usage (`lsst.utils.timer`)."""

COUNTERS = {
    "MinorPageFaults": "minor_page_faults_count",
    "MajorPageFaults": "major_page_faults_count",
    "BlockInputs": "block_inputs_count",
    "BlockOutputs": "block_outputs_count",
    "VoluntaryContextSwitches": "voluntary_context_switches_count",
    "InvoluntaryContextSwitches": "involuntary_context_switches_count",
}
"""Names of the process counters in the metadata, and of their columns after the prefix."""

DIMENSION_COLUMNS = {
    "instrument": pa.string(),
    "skymap": pa.string(),
    "visit": pa.int64(),
    "exposure": pa.int64(),
    "detector": pa.int64(),
    "tract": pa.int64(),
    "patch": pa.int64(),
    "band": pa.string(),
    "physical_filter": pa.string(),
    "day_obs": pa.int64(),
    "group": pa.string(),
    "subfilter": pa.int64(),
    "healpix3": pa.int64(),
    "htm7": pa.int64(),
}
"""Dimensions of the data ID that have their own column; others are only in ``data_id``."""

GATHERED_COLUMNS = {
    "wall_time": "gathered_wall_time_s",
    "init_time": "gathered_init_cpu_time_s",
    "run_time": "gathered_run_cpu_time_s",
}
"""Columns of a table of gathered resource usage, with the columns of the lake that keep them."""

_INSTANT = pa.timestamp("us", tz="UTC")


def _field(
    name: str, dtype: pa.DataType, description: str, *, unit: str = "", required: bool = False
) -> pa.Field:
    """Make a field with its description and unit as metadata."""
    metadata = {"description": description}
    if unit:
        metadata["unit"] = unit
    return pa.field(name, dtype, nullable=not required, metadata=metadata)


def _usage_fields(prefix: str) -> list[pa.Field]:
    """List the fields of one instant's resource usage, all of the process and cumulative."""
    # The peak at the end is *the* max RSS of the quantum, so it has no prefix.
    rss = "max_rss_bytes" if prefix == "end" else f"{prefix}_max_rss_bytes"
    when = f"at the quantum's '{prefix}' instant"
    return [
        _field(f"{prefix}_at", _INSTANT, f"UTC time {when}.", unit="UTC"),
        _field(rss, pa.int64(), f"High-water mark of the process's RSS {when}.", unit="bytes"),
        _field(
            f"{prefix}_cpu_time_s", pa.float64(), f"CPU time of the process {when}.", unit="CPU s"
        ),
        _field(
            f"{prefix}_user_time_s",
            pa.float64(),
            f"User CPU time of the process {when}.",
            unit="CPU s",
        ),
        _field(
            f"{prefix}_system_time_s",
            pa.float64(),
            f"System CPU time of the process {when}.",
            unit="CPU s",
        ),
        *(
            _field(
                f"{prefix}_{column}",
                pa.int64(),
                f"{key} of the process {when}, cumulative.",
                unit="count",
            )
            for key, column in COUNTERS.items()
        ),
    ]


_DIMENSIONS = [
    _field(name, dtype, f"Butler dimension {name} of the data ID, required or implied.")
    for name, dtype in DIMENSION_COLUMNS.items()
]

_RUN = _field("run", pa.string(), "RUN collection.", required=True)
_TASK = _field("task_label", pa.string(), "Task label in the pipeline.", required=True)
_DATA_ID = _field(
    "data_id",
    pa.string(),
    "Required dimensions of the data ID as JSON text, keys sorted, no spaces.",
    required=True,
)

QUANTA = pa.schema(
    [
        _RUN,
        _TASK,
        _DATA_ID,
        *_DIMENSIONS,
        _field("quantum_id", pa.string(), "UUID of the quantum; NULL where no graph has it."),
        _field("metadata_dataset_id", pa.string(), "UUID of the {task}_metadata dataset."),
        _field(
            "attempt",
            pa.int32(),
            "Number of the attempt within the RUN, from 0; NULL when the quantum was never tried.",
        ),
        _field(
            "is_last_attempt",
            pa.bool_(),
            "Whether this is the last attempt in its RUN: the quantum's final state there.",
            required=True,
        ),
        _field(
            "status",
            pa.string(),
            "successful, failed, blocked, aborted, aborted_success, unknown or unreadable.",
            required=True,
        ),
        _field("caveats", pa.int64(), "Bit flags of QuantumSuccessCaveats.", unit="flags"),
        _field("exception_type", pa.string(), "Qualified name of the exception, where recorded."),
        _field(
            "source",
            pa.string(),
            "metadata_file, provenance_graph or usage_table.",
            required=True,
        ),
        _field("has_metadata", pa.bool_(), "Whether metadata was found for this attempt."),
        _field("has_log", pa.bool_(), "Whether a log was found for this attempt."),
        _field(
            "metadata_version",
            pa.int32(),
            "__version__ of the metadata's quantum section (0: max RSS came in KiB).",
            unit="version",
        ),
        _field("node_name", pa.string(), "Host that ran the quantum."),
        _field(
            "process_id",
            pa.string(),
            "UUID of the first quantum of the process that ran this one; NULL where unknown.",
        ),
        _field(
            "previous_process_quanta",
            pa.list_(pa.string()),
            "UUIDs of the quanta that the same process ran before, in order; NULL where unknown.",
        ),
        *(field for prefix in PREFIXES for field in _usage_fields(prefix)),
        _field("butler_get_wall_time_s", pa.float64(), "Time in Butler get.", unit="wall s"),
        _field("butler_put_wall_time_s", pa.float64(), "Time in Butler put.", unit="wall s"),
        _field("butler_ingest_wall_time_s", pa.float64(), "Time in Butler ingest.", unit="wall s"),
        _field("butler_get_count", pa.int64(), "Datasets read from the Butler.", unit="count"),
        _field("butler_put_count", pa.int64(), "Datasets written to the Butler.", unit="count"),
        _field("butler_ingest_count", pa.int64(), "Files ingested by the Butler.", unit="count"),
        _field(
            "job_quanta_count",
            pa.int64(),
            "Quanta given to the process (job.qg_size).",
            unit="count",
        ),
        _field(
            "graph_read_wall_time_s",
            pa.float64(),
            "Time to read the quantum graph (job.qg_read_time).",
            unit="wall s",
        ),
        *(
            _field(
                column,
                pa.float64(),
                f"{name} of a table of gathered resource usage: durations without instants; NULL "
                "where metadata was read.",
                unit="wall s" if name == "wall_time" else "CPU s",
            )
            for name, column in GATHERED_COLUMNS.items()
        ),
    ],
    metadata={"grain": "attempt of a quantum that left a trace"},
)

EXPECTATIONS = pa.schema(
    [
        _RUN,
        _TASK,
        _field("data_id", pa.string(), "As in quanta; NULL in rows that only count (header)."),
        _field("quantum_id", pa.string(), "UUID of the quantum in the graph that predicted it."),
        _field(
            "source",
            pa.string(),
            "predicted_graph or provenance_graph (one row a quantum), "
            "predicted_header or provenance_header (one row a task, with a count).",
            required=True,
        ),
        _field("quanta_count", pa.int64(), "1, or the header's count.", unit="count"),
        _field("graph_uri", pa.string(), "Graph that says so."),
        # Numbers, not UUIDs: a graph of 600,000 quanta has millions of edges. Numbers also avoid
        # DuckDB's fault with NULLs of texts (see `extract.lake.parquet`).
        _field(
            "quantum_number",
            pa.int32(),
            "Place of the quantum in its predicted graph, from 0; NULL elsewhere.",
            unit="number",
        ),
        _field(
            "predecessor_numbers",
            pa.list_(pa.int32()),
            "quantum_number of each quantum of the same graph whose outputs this one reads, "
            "ascending; NULL where unknown, as in provenance graphs, which tell what was blocked.",
        ),
    ],
    metadata={"grain": "quantum that a graph held, or task in a graph's header"},
)

RUNS = pa.schema(
    [
        _RUN,
        _field("collection", pa.string(), "Collection or glob of the file that led to the RUN."),
        _field(
            "chain_position",
            pa.int32(),
            "Position in chain order, from 0: earlier wins.",
            unit="count",
            required=True,
        ),
        _field(
            "source",
            pa.string(),
            "metadata_files, provenance_graph, usage_tables (of gathered resource usage), promised "
            "(aggregated, not ingested yet) or none.",
            required=True,
        ),
        _field(
            "set_aside_for_stage",
            pa.string(),
            "The stage that owns a RUN which is only an input here, or 'no stage of the file'; "
            "NULL where it is read.",
        ),
        _field("attempts_count", pa.int64(), "Rows of quanta written.", unit="count"),
        _field("quanta_count", pa.int64(), "Distinct (task, data ID) found.", unit="count"),
        _field("failed_count", pa.int64(), "Quanta whose final status is failed.", unit="count"),
        _field("reject_count", pa.int64(), "Datasets that could not be read.", unit="count"),
        _field("expected_count", pa.int64(), "Quanta that graphs expected.", unit="count"),
        _field(
            "unscanned_count",
            pa.int64(),
            "Quanta in the provenance graph's header that have no block.",
            unit="count",
        ),
        _field("graph_uri", pa.string(), "The provenance graph's file."),
        _field("stack_version", pa.string(), "Version of lsst_distrib or pipe_base in packages."),
        _field("packages", pa.string(), "Software versions as JSON text, from packages."),
        _field(
            "release_check",
            pa.string(),
            "agrees, contradicts or not_checkable: the release label against packages.",
        ),
        _field("fingerprint", pa.string(), "What told that the RUN is unchanged."),
        _field("extracted_at", _INSTANT, "When the RUN was read.", unit="UTC"),
        _field("extractor_version", pa.string(), "Version of this program."),
        _field("lake_schema_version", pa.int32(), "Version of this schema.", unit="version"),
    ],
    metadata={"grain": "RUN collection of a stage"},
)

REJECTS = pa.schema(
    [
        _RUN,
        _TASK,
        _DATA_ID,
        _field("dataset_id", pa.string(), "UUID of the dataset."),
        _field("dataset_type", pa.string(), "Dataset type of the dataset."),
        _field("uri", pa.string(), "Where it should be."),
        _field("reason", pa.string(), "Why it could not be read.", required=True),
    ],
    metadata={"grain": "dataset that could not be read"},
)

VISITS = pa.schema(
    [
        _field("instrument", pa.string(), "Butler dimension instrument.", required=True),
        _field("dimension", pa.string(), "visit or exposure.", required=True),
        _field("id", pa.int64(), "The visit or exposure.", required=True),
        _field("has_record", pa.bool_(), "Whether the repository has its record.", required=True),
        _field("day_obs", pa.int64(), "Observing day, YYYYMMDD."),
        _field("band", pa.string(), "Band of the physical filter."),
        _field("physical_filter", pa.string(), "Physical filter."),
        _field("target_name", pa.string(), "Target: the field observed."),
        _field("science_program", pa.string(), "Science program."),
        _field("observation_reason", pa.string(), "Reason of the observation."),
        _field("exposure_time_s", pa.float64(), "Exposure time.", unit="wall s"),
        _field("started_at", _INSTANT, "Begin of the observation in UTC.", unit="UTC"),
    ],
    metadata={"grain": "visit or exposure that the stage touched"},
)

JOBS = pa.schema(
    [
        _field("source", pa.string(), "panda, slurm or htcondor.", required=True),
        _field("file", pa.string(), "File of records, as it was read.", required=True),
        _field(
            "record_number",
            pa.int64(),
            "Place of the record in its file, from 1.",
            unit="number",
            required=True,
        ),
        _field("job_id", pa.string(), "The batch system's identifier.", required=True),
        _field("job_name", pa.string(), "Name of the job."),
        _field("label", pa.string(), "Label of the task or cluster, from the name or submit file."),
        _field("run", pa.string(), "RUN collection, where the record has its name unchanged."),
        _field(
            "workflow_name",
            pa.string(),
            "Name of the BPS workflow: its RUN with _ in the place of /.",
        ),
        _field(
            "quantum_ids",
            pa.list_(pa.string()),
            "UUIDs of the quanta that the job was given, from its name or command; else NULL.",
        ),
        _field(
            "data_id_values",
            pa.string(),
            "Values of the data ID in the job's name, joined by _: tract, patch, band, visit, "
            "exposure, detector, those that there are.",
        ),
        _field("attempt", pa.int32(), "Number of the try, from 1, as recorded.", unit="number"),
        _field("max_attempts", pa.int32(), "Tries that were allowed.", unit="number"),
        _field(
            "state",
            pa.string(),
            "successful, failed, killed_memory, killed_time, killed, cancelled or unknown.",
            required=True,
        ),
        _field("state_rule", pa.string(), "What in the record led to the state.", required=True),
        _field(
            "is_state_inferred",
            pa.bool_(),
            "Whether the rule draws the state from an exit code: the record does not name it.",
            required=True,
        ),
        _field("raw_state", pa.string(), "State in the batch system's own word."),
        _field("raw_codes", pa.string(), "The record's codes as JSON text."),
        _field("diagnostic", pa.string(), "What the batch system says of the end, shortened."),
        _field("requested_memory_bytes", pa.int64(), "Memory asked for.", unit="bytes"),
        _field(
            "requested_memory_source",
            pa.string(),
            "request, or slot where only the memory of the slot is recorded.",
        ),
        _field("requested_cpus_count", pa.int32(), "CPUs asked for.", unit="count"),
        _field("allocated_cpus_count", pa.int32(), "CPUs given, as recorded.", unit="count"),
        _field(
            "peak_bytes",
            pa.int64(),
            "Largest memory that the batch system sampled; NULL where it sampled none.",
            unit="bytes",
        ),
        _field("peak_measure", pa.string(), "What the peak is: rss or pss."),
        _field(
            "has_children_in_peak",
            pa.bool_(),
            "Whether the peak is that of all processes of the job together.",
        ),
        _field("cpu_time_s", pa.float64(), "CPU time of the try.", unit="CPU s"),
        _field("wall_time_s", pa.float64(), "Start to end of the try.", unit="wall s"),
        _field("queue", pa.string(), "Queue, partition or accounting group."),
        _field("node_name", pa.string(), "Host that ran the try; NULL for several or unknown."),
        _field("submitted_at", _INSTANT, "When the job was created or submitted.", unit="UTC"),
        _field("started_at", _INSTANT, "When the try began to run.", unit="UTC"),
        _field("ended_at", _INSTANT, "When the try ended.", unit="UTC"),
    ],
    metadata={"grain": "try of a batch job, from the batch system's records"},
)

CAMPAIGNS = pa.schema(
    [
        _field("campaign_position", pa.int32(), "Order in the file, from 0.", unit="count"),
        _field("release", pa.string(), "Software release, as the file says.", required=True),
        _field("fields", pa.list_(pa.string()), "Fields observed, as the file says."),
        _field("description", pa.string(), "Remark of the file."),
        _field("focus", pa.string(), "Label of the focus campaign; NULL for the others."),
        _field("is_simulated", pa.bool_(), "Whether the data is simulated.", required=True),
        _field("repository", pa.string(), "Repository, as the file says."),
        _field("threshold_gib", pa.float64(), "The line drawn and counted against.", unit="GiB"),
        _field("thresholds_gib", pa.list_(pa.float64()), "More lines.", unit="GiB"),
        _field("lines_gib", pa.list_(pa.float64()), "Lines that figures draw.", unit="GiB"),
        _field("bin_gib", pa.float64(), "Width of the ranges of max RSS.", unit="GiB"),
        _field(
            "nodes",
            pa.list_(
                pa.struct(
                    [("name", pa.string()), ("cores", pa.int32()), ("memory_gib", pa.float64())]
                )
            ),
            "Node types for sizing.",
        ),
        _field("price_per_core", pa.float64(), "Price of a core.", unit="cost"),
        _field("price_per_gib", pa.float64(), "Price of a GiB.", unit="cost"),
        _field(
            "current_requests",
            pa.string(),
            "Requests and clusters of the current BPS configuration, resolved as BPS does, and "
            "what runs the jobs, as JSON text.",
        ),
        _field("campaigns_file", pa.string(), "Name of the file, without its folder."),
        _field("recorded_at", _INSTANT, "When this was written.", unit="UTC"),
    ],
    metadata={"grain": "campaign of the campaigns file"},
)

STAGES = pa.schema(
    [
        _field("stage_position", pa.int32(), "Order in the file, from 0.", unit="count"),
        _field("collections", pa.list_(pa.string()), "Collections and globs of the file."),
        _field("quantum_graphs", pa.list_(pa.string()), "Predicted graphs of the file."),
        _field("job_records", pa.list_(pa.string()), "Files of job records of the file."),
        _field("incomplete_reason", pa.string(), "The declared gap; NULL when none is declared."),
    ],
    metadata={"grain": "stage of a campaign of the file"},
)

TABLES: dict[str, pa.Schema] = {
    "quanta": QUANTA,
    "expectations": EXPECTATIONS,
    "runs": RUNS,
    "rejects": REJECTS,
    "visits": VISITS,
    "jobs": JOBS,
    "campaigns": CAMPAIGNS,
    "stages": STAGES,
}
"""Every table of the lake by name."""


def empty_table(name: str) -> pa.Table:
    """Make a table of the lake with no rows.

    Parameters
    ----------
    name : `str`
        Key of `TABLES`.

    Returns
    -------
    table : `pyarrow.Table`
        Zero rows, the full schema.
    """
    return TABLES[name].empty_table()
