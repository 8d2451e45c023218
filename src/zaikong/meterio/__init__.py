"""The wire: sessions with meters. It opens with the fee-control protocols."""
