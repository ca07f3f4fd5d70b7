#!/bin/bash
# On a spot machine of AWS: tell Ray of the two minutes' notice, so that trainings save at once. Ray does not ask for it.
#   drain_spot.sh HEAD_IP    (cluster.yaml starts it, in the background, on every machine but the head)
metadata=http://169.254.169.254/latest
ask="wget -q -O - -T 2 -t 1"  # Ray's images have no curl
while sleep 5; do
    token=$($ask --method=PUT --header="X-aws-ec2-metadata-token-ttl-seconds: 60" $metadata/api/token) || continue
    # Not there (404) until the machine is to go.
    $ask --header="X-aws-ec2-metadata-token: $token" $metadata/meta-data/spot/instance-action || continue
    node=$(python -c 'import ray; ray.init("auto", log_to_driver=False); print(ray.get_runtime_context().get_node_id())') || continue
    ray drain-node --address "$1:6379" --node-id "$node" --reason DRAIN_NODE_REASON_PREEMPTION \
        --reason-message "spot machine reclaimed" --deadline-remaining-seconds 100 && exit
done
