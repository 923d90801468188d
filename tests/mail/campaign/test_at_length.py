"""What ../test_*.py try, at length: ten thousand mails to a receiver that misbehaves, five thousand through kill -9."""
from test_campaign import hostile, test_ledger_and_receiver_agree  # noqa: F401
