"""What one worker does: read a slice of a source, and write its rows into files of their own.

Every function here can run in another process, on another machine that shares
the lake's file system: arguments and results are small and picklable, and no
Butler crosses a process border.

Nothing is imported here, and sources import the Butler and the stack only where they
need them: a worker that reads graphs has none of their 100 MB and seconds of start-up.
"""
