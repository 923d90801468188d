"""The customer's portal of Lockbox: shows what engineers ask for, and publishes what approvers and administrators decide."""
