-- Promise: every task and cluster that the current configuration names is one that ran, or that a list knows.
-- Harm: a misspelt name has no effect: the job has the default request, without a message.
-- Limits: a warning only. A configuration may serve more stages than the campaigns file names.
{{ config(severity='warn') }}

with

configured as (

    select distinct
        entry_kind,
        entry_label,
        member_labels
    from {{ ref('int_requests_configured') }}
    where entry_kind != 'rest'

),

-- BPS adds pipetaskInit itself.
known as (

    select task_label from {{ ref('dim_tasks') }}
    union
    select task_label from {{ ref('pipeline_tasks') }}
    union
    select 'pipetaskInit' as task_label

),

members as (

    select
        entry_label,
        trim({{ unnested(text_parts('member_labels')) }}) as task_label
    from configured
    where entry_kind = 'cluster'

),

named as (

    select
        'pipetask' as section,
        entry_label as label
    from configured
    where
        entry_kind = 'task'
        and entry_label not in (select known.task_label from known)
        and entry_label not in (select members.task_label from members)

    union all

    select
        'cluster' as section,
        entry_label || ': ' || task_label as label
    from members
    where task_label not in (select known.task_label from known)

)

select
    section,
    label
from named
order by section, label
