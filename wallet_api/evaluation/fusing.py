"""Probes fused from several photos of a person, the way the matcher fuses a capture's frames."""

from __future__ import annotations

import numpy as np

from wallet_api.adapters.faces.engines import fuse
from wallet_api.evaluation.impostors import Side
from wallet_api.rules.face_policy import FacePolicy


def fused_probes(photos: Side, policy: FacePolicy, *, at_least: int) -> Side:
    """Return one fused probe for every photo of everybody with ``at_least`` + 1 photos or more.

    Each photo serves once as the registry's; the probe is fused from the person's others, the
    clearest ``policy.max_frames`` of them (by the length of the template) where there are more.
    """
    made, people, held = [], [], []
    for person in np.unique(photos.people):
        own = np.flatnonzero(photos.people == person)
        if len(own) <= at_least:
            continue
        order = own[np.argsort(-np.linalg.norm(photos.vectors[own], axis=1), kind="stable")]
        for registry in own:
            others = [k for k in order if k != registry][: max(policy.max_frames, at_least)]
            made.append(fuse([photos.vectors[k] for k in others]))
            people.append(person)
            held.append(photos.photos[registry])
    width = photos.vectors.shape[1]
    return Side(
        np.array(made, np.float32).reshape(len(made), width),
        np.array(people, np.int64),
        np.array(held, np.int64),
    )
