"""Instalments, claims, write-off gates."""
