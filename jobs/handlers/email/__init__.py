"""E-mail over SMTP: the job type `send_email`, and `deliver` for other types that send mail."""
