"""By how much does an action of a collector move the chance that an open amount is paid?"""
