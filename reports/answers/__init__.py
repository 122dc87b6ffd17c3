"""What to buy, what to request, what changed, when it ran: figures, words and files from marts."""
