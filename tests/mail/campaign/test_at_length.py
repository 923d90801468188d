"""What ../test_*.py try, at length: ten thousand mails to a receiver that misbehaves, five thousand through kill -9."""
from test_campaign import hostile, test_ledger_and_receiver_agree  # noqa: F401
from test_sending import receiver, test_kills_lose_no_mail  # noqa: F401
