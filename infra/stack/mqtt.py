"""`python -m infra.stack.mqtt PORT`: the embedded MQTT broker in the foreground, on loopback.

In flight it allows many messages: the bridge acknowledges only after Kafka has confirmed, so a short window would
cap the rate at window / Kafka's latency.
"""

import logging
import sys

from iotcore.iotcore import IotCoreBroker

from infra.stack.ports import LOOPBACK

# Larger than the bridge takes, so that an oversized message is seen and told, not cut off.
MAX_PAYLOAD_BYTES = 64 * 1024


def main() -> None:
    # rumqttd's per-message spans come through logging as errors; they are not.
    logging.getLogger("rumqttd").setLevel(logging.CRITICAL)
    IotCoreBroker(
        listen=LOOPBACK, port=int(sys.argv[1]), max_payload_size=MAX_PAYLOAD_BYTES, max_inflight_count=1000
    ).run_forever()


if __name__ == "__main__":
    main()
