"""What one worker does: read a slice of a source, and write its rows into files of their own.

Every function here can run in another process, on another machine that shares
the lake's file system: arguments and results are small and picklable, and no
Butler crosses a process border.

One module for each kind of job, and nothing imported here: a worker imports the
module of its job alone, and those that read graphs need none of the 100 MB and
the second of start-up that a Butler takes.
"""
