"""What sensors behind a ChirpStack publish: each message a whole uplink, as two gateways have heard it."""

import json
from functools import cached_property

from tests.load.messages import Messages
from tests.load.packets import publish_head

MOUNT_MM, BLIND_MM = 2400, 400
KIND = {
    "id": "bin", "name": "Bin", "service_s": 90, "kg_per_l": 0.25, "fill_per_day": 0.45, "mount_mm": MOUNT_MM,
    "blind_mm": BLIND_MM,
}  # fmt: skip
"""The container kind that tells their fill."""
GATEWAY = {
    "gatewayId": "0016c001f153a14c", "uplinkId": 1234567, "gwTime": "2026-11-22T05:01:07.100Z",
    "nsTime": "2026-11-22T05:01:07.200Z", "rssi": -97, "snr": 6.5, "channel": 2, "rfChain": 1, "location": {},
    "context": "AAAAAA==", "metadata": {"region_common_name": "EU868", "region_config_id": "eu868"},
    "crcStatus": "CRC_OK",
}  # fmt: skip


class Uplinks(Messages):
    """Rounds and containers as of `Messages`, in ChirpStack's JSON of some 1,350 bytes on one topic."""

    def topic(self, index: int) -> str:  # noqa: ARG002
        return f"tournee/v1/{self.city}/chirpstack/main/up"

    def payload_head(self, round_number: int) -> bytes:
        at = self._round_at(round_number).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        return (
            b'{"deduplicationId":"3ac7e3c4-4401-4b8d-9386-a5c902f9202d","time":"%sZ","object":{"battery":92,'
            b'"temperature":25.7,"position":"normal","distance":' % at.encode()
        )

    @cached_property
    def fill_texts(self) -> list[bytes]:
        """Millimetres, 2400.0 down to 1000.1: all of one length."""
        return [b"%.1f" % (MOUNT_MM - 0.14 * n) for n in range(10_000)]

    def payload(self, index: int) -> bytes:
        head = self.payload_head(index // self.containers)
        return head + self.fill_texts[index * 7919 % 10_000] + self.payload_end(index % self.containers)

    def payload_end(self, place: int) -> bytes:
        return self._ends[place]

    @cached_property
    def _ends(self) -> list[bytes]:
        return [
            b"}," + json.dumps(self._about(place), separators=(",", ":"))[1:].encode()
            for place in range(self.containers)
        ]

    def _about(self, place: int) -> dict[str, object]:
        return {
            "deviceInfo": {
                "tenantId": "52f14cd4-c6f1-4fbd-8f87-4025e1d49242", "tenantName": "Ville",
                "applicationId": "17c82e96-be03-4f38-aef3-f83d48582d97", "applicationName": "bacs",
                "deviceProfileId": "14855bf7-d10d-4aee-b618-ebfcb64dc7ad", "deviceProfileName": "EM400-MUD",
                "deviceName": self.container_ids[place], "devEui": f"24e124713c{place:06x}",
                "deviceClassEnabled": "CLASS_A", "tags": {"container": self.container_ids[place]},
            },
            "devAddr": "00189440", "adr": True, "dr": 3, "fCnt": 4051, "fPort": 85, "confirmed": False,
            "data": "AXVcA2cBAQSCRAgFAAE=", "rxInfo": [GATEWAY, GATEWAY],
            "txInfo": {"frequency": 868100000, "modulation": {"lora": {"bandwidth": 125000, "spreadingFactor": 9}}},
            "regionConfigId": "eu868",
        }  # fmt: skip

    @cached_property
    def publish_heads(self) -> list[bytes]:
        lengths = {len(self.payload(place)) for place in range(self.containers)}
        assert len(lengths) == 1, lengths
        return [publish_head(self.topic(0).encode(), lengths.pop())] * self.containers
