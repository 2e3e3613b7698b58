"""One problem planned on several machines: cut a plan into districts, and put what came of them back together."""

from routing.sharing.documents import problem_document, problem_from
from routing.sharing.merge import Merged, merge
from routing.sharing.split import District, split

__all__ = ["District", "Merged", "merge", "problem_document", "problem_from", "split"]
