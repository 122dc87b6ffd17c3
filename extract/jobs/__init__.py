"""What one worker does: a slice of a source to sorted parts, or parts to a file.

Every function here can run in another process, on another machine that shares
the lake's file system: arguments and results are small and picklable, and no
Butler crosses a process border.

One module for each kind of job, and nothing imported here: a worker imports the
module of its job alone, and those that read graphs or write files need none of
the 100 MB and the second of start-up that a Butler takes.
"""
