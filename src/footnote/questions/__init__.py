"""What a message asks before anything is searched: its parts, whether it asks about the documents themselves, what quotes cannot tell."""
