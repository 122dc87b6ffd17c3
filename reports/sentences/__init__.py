"""What the technote, the summary and the figures say: one module for each question.

Plain text: whoever puts it into markup escapes it.  Every value is cited (`reports.citations`).
"""
