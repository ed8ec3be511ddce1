"""A real SMTP server, and what development does with the mails that it takes."""
