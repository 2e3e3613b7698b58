"""The errors of the services. Each message tells the reader what to do next; driver errors stop at the adapters."""


class TourneeError(Exception):
    """Anything that goes wrong in a way we foresaw."""


class StoreAway(TourneeError):
    """PostgreSQL does not answer. Wait and try again: nothing was committed."""


class StoreFault(StoreAway):
    """PostgreSQL answers and does not understand us, or may not: a fault of our own, or a schema that is not ours.

    It is waited for like an absent one, since a migration may be under way and nothing is lost; but nobody is told that
    the store is away, and the log has the trace.
    """


class StoreRefused(TourneeError):
    """PostgreSQL answers and will not do it: a fault of ours or of the data, which waiting does not mend."""


class StreamAway(TourneeError):
    """Kafka does not answer or did not confirm in time. Wait and try again: nothing counts as sent."""


class BrokerAway(TourneeError):
    """The MQTT broker does not answer, or does not do what we ask of it."""


class SettingMissing(TourneeError):
    """A setting without which nothing can start."""


class UnknownInstant(TourneeError):
    """What was known at an instant cannot be said: it is in the future, or so long ago that readings were dropped."""


class ChangeRefused(TourneeError):
    """A change by hand that cannot be made of this plan. `code` names what stands in the way, `values` of what."""

    def __init__(self, code: str, **values: object) -> None:
        self.code, self.values = code, values
        told = ", ".join(f"{name} {value}" for name, value in values.items())
        super().__init__(f"the plan cannot be changed so: {code}{f' ({told})' if told else ''}")
