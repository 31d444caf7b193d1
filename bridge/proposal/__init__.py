"""What may go to the AI and what may come back: masking, the proposal's parts, the guard. Pure."""

from bridge.proposal.guard import Piece, checked, forgotten, loses
from bridge.proposal.masking import Masked, mask
from bridge.proposal.parts import PARTS, Proposal, composed

__all__ = ["PARTS", "Masked", "Piece", "Proposal", "checked", "composed", "forgotten", "loses", "mask"]
