"""Messages to customers: written and put in the outbox, handed to a provider, and what became of them.

ordering     which messages leave today; each is written down before anything is sent
targets      where a channel leads: a provider by its address, or a file
sending      hands over what waits, outside any transaction, and records the outcome
receipts     what a provider says of the messages it took
told         how the cases of its bills hear of it
"""
