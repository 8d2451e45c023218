"""What has each prepaid account left, who must be told, and whose supply may be asked to be cut? 费控测算.

*Owns* the nightly balance of accounts that pay ahead, the thresholds they pass, the messages on them and the proposals of
prepaid cuts. *Does not own* the agreement (prepayment), the rule of a cut (`domain.feecontrol.cut_off`), its approval and
its command. *Its times*: the business date of the night; a top-up counts at once, because what is asked before a cut is
the ledger of that moment less the last night's estimate.
"""
