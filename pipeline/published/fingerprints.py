"""Fingerprints (see ``pvq.fingerprint``) of the forty items in the wordings that the published files use, in the order
of the key. They tell items apart and hold no wording.
"""

from __future__ import annotations

FINGERPRINTS: dict[str, tuple[str, ...]] = {
    "en": tuple(
        """
        6f3491609d85 e4b681a7f26d 05bdd8ecb21f 91ca843a713d cdfc02767f05 8800dd9bf8f7 903621ead7c7 ff72231d478b
        c7762b5811a8 e5888902c380 495f34261692 7347cf11f22e 5427698d7e6e 0fe523c8b192 3fc82128e420 d33f37bef293
        63df26581eef 48c5834ed05c 29efbaa87493 f26c1e349f18 d3f74a7adc7d 3b99a74d66bb 441e5de57438 bf6fdd8b576c
        00f9839ca5a8 8c02ccb4e02f 31a3d4cd7b8b a195e6d74eed 68b7a8795711 af43a3684575 6f3ea222a8d7 8e3cbd047c8d
        f8081385071d d1bf3fcacf34 b52345afad30 37e6149b1448 b6f6c95f772a ffb425a0ad86 7dcd8aa8e7fe 3b1b7064f8b5
        """.split()
    ),
    "zh": tuple(
        """
        7e2ddaf3c598 e12c69c6f21f 5919c5d12e8c c3bb39558a48 b2a038d8306c 725eabb64210 7d3bba76ab35 7fc42402a6b9
        14d2ba71c055 cbb382906e26 3c472cca6959 43cd48d20ffb 2f1c4b5c1965 54cdd783f73f 424fa8158cad 1a1ff1674397
        771923d20ebf d598c7b9b627 d17e64656ef3 8669d79aa3a7 05704201d0cf 1971b87dee58 c8d63ab9e59a 9e30ce08c6c8
        3ef7fbe4815f c6cdbeca42b7 bf5e43b9b546 027d9a965f63 a467939337c8 38df966e1931 87ab06e735c6 c4c2d37c34e1
        6143fa27d9c9 9b5cfc579223 bcd473f2dbd5 d4c49dc14a10 7634e4aab24a 163e064a845d b7f5055b5d74 99849baa22a0
        """.split()
    ),
}
