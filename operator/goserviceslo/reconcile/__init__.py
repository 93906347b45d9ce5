"""Joins the rooms: what is observed of one resource goes in, a plan comes out."""

from goserviceslo.reconcile.reconcile import reconcile

__all__ = ["reconcile"]
