"""Do the work of one worker: read a slice of a source, and write its rows into its own files.

Every function here can run in another process, or on another machine that shares the
lake's file system.  Arguments and results are small and picklable, and no Butler is
sent to another process.

Nothing is imported here.  Sources import the Butler and the stack only if they need
them: so a worker that reads graphs saves their 100 MB and seconds of start-up.
"""
