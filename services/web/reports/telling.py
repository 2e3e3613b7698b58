"""What is known, in plain words: the same sentence on the page, by Open311 and by SMS."""

from datetime import datetime

from services.contracts.reports import OF_A_ROUND, Answer, ReportKind
from services.reports.answering import Known
from services.reports.store import Report
from services.web.rendering.catalogue import Texts
from services.web.rendering.words import Words


class Teller:
    """Tells in one language and by the clock of one city."""

    def __init__(self, texts: Texts, words: Words, now: datetime) -> None:
        self._texts = texts
        self._words = words
        self._now = now

    def how_it_stands(self, report: Report, known: Known | None = None) -> str:
        """Of a report that is there; `known` adds what a crew met today."""
        if report.kind in OF_A_ROUND and report.emptied_at is not None:
            return self._texts("reports.told.emptied_since", time=self._words.moment(report.emptied_at))
        if report.seen_at is not None:
            return self._texts("reports.told.seen", time=self._words.moment(report.seen_at))
        if report.answer == "just_emptied" and report.known_at is not None:
            return self.just_emptied(report.known_at)
        return self.expected(report.kind, Known(planned_at=report.planned_at) if known is None else known)

    def at_once(self, kind: ReportKind, answer: Answer, known: Known) -> str:
        """To whoever reports it now."""
        if answer == "just_emptied" and known.emptied_at is not None:
            return self.just_emptied(known.emptied_at)
        return self.expected(kind, known)

    def just_emptied(self, emptied_at: datetime) -> str:
        return self._texts("reports.told.just_emptied", time=self._words.clock(emptied_at))

    def expected(self, kind: ReportKind, known: Known) -> str:
        """What comes of a report that nothing has settled."""
        if kind in OF_A_ROUND and known.planned_at is not None:
            return self.comes_today(known.planned_at)
        if kind in OF_A_ROUND and known.skipped_at is not None and known.skip_reason is not None:
            why = self._texts(f"reports.skipped.{known.skip_reason}")
            return self._texts("reports.told.skipped", time=self._words.clock(known.skipped_at), why=why)
        return self._texts(f"reports.told.noted.{kind}")

    def comes_today(self, planned_at: datetime) -> str:
        if planned_at < self._now:
            return self._texts("reports.told.comes_today")
        return self._texts("reports.told.comes_today_at", time=self._words.clock(planned_at))

    def before_reporting(self, known: Known) -> list[str]:
        """What somebody may want to know who stands before the container."""
        told = []
        if known.emptied_at is not None:
            told.append(self._texts("reports.told.last_emptied", time=self._words.moment(known.emptied_at)))
        if known.planned_at is not None:
            told.append(self.comes_today(known.planned_at))
        elif known.skipped_at is not None and known.skip_reason is not None:
            told.append(self.expected("full", known))
        return told
