"""What is done about arrears: cases, and everything a person or the ledger does in one.

ledger       money moved: cases close and open again, promises and agreements are decided
nightly      the night opens, refreshes and closes cases
contacts     calls, visits, notes
promises     promises to pay
disputes     what the customer disputes
pauses       a case left alone for a time
protections  reasons not to cut
reviews      hardship, and the look at a vulnerable home
handing_over another collector takes a case
instalments  agreements on arrears
interruptions what interrupts limitation
evidence     proofs
"""
