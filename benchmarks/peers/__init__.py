"""The peers: each in its own module, all with the interface of Peer."""

from importlib import import_module

# Name to module and class; imported only in the process of that peer.
PEERS = {
    "sklstm": ("benchmarks.peers.with_sklstm", "SklstmPeer"),
    "keras": ("benchmarks.peers.with_keras", "KerasPeer"),
    "tuned": ("benchmarks.peers.with_keras", "TunedKerasPeer"),
    "scikeras": ("benchmarks.peers.with_scikeras", "ScikerasPeer"),
    "skorch": ("benchmarks.peers.with_skorch", "SkorchPeer"),
    "torch": ("benchmarks.peers.with_torch", "TorchPeer"),
}

TITLES = {
    "sklstm": "sklstm",
    "keras": "Keras, as in tutorials",
    "tuned": "Keras, tuned",
    "scikeras": "scikeras",
    "skorch": "skorch",
    "torch": "PyTorch loop",
}


def make_peer(name: str, threads: int, clock):
    """Import a peer and create it."""
    module, class_name = PEERS[name]
    return getattr(import_module(module), class_name)(threads, clock)
