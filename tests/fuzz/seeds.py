#!/usr/bin/env python3
"""Writes the seeds in `seeds/` anew: what the fuzzers start from. Everything in them is invented."""

import pathlib
import struct

HERE = pathlib.Path(__file__).parent / "seeds"


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def record(stream, kind, data, meta, revision=0, previous=0, number=1):
    """As in `eventlog/src/record.rs`."""
    texts = [stream.encode(), kind.encode(), data, meta]
    head = struct.pack(">BBBIIHQq", 1, *map(len, texts), 1, revision, 1_700_000_000_000)
    head += number.to_bytes(16, "big") + struct.pack(">Q", previous)
    body = b"".join(texts)
    return head + struct.pack(">I", crc32c(head + body)) + body


def chunk(position, count, previous, commit, records):
    """As in `eventlog/src/chunk.rs`."""
    checked = struct.pack(">IHQQQQ", len(records), count, position, previous, *commit) + records
    return b"PrC2" + struct.pack(">I", crc32c(checked)) + checked


def key(kind, number, generation=0, message=None, gone=False):
    """As in `eventlog/src/keys/entry.rs`."""
    head = bytes([kind | (0x80 if gone else 0)]) + number.to_bytes(16, "big") + struct.pack(">I", generation)
    head += b"" if message is None else message.to_bytes(16, "big")
    return head if gone else head + bytes([0x5A]) * 32


def frame(*keys):
    records = b"".join(keys)
    return bytes([len(records)]) + records


def write(target, name, data):
    path = HERE / target / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


FIRST = record("person-1", "person.closed", b"{}", b"")
SECOND = record("person-1", "person.reopened", b'{"a":[1,2]}', b'{"by":1}', 1, 1, 2)
write("record", "first", bytes([0, 0, 1]) + FIRST)
write("record", "linked", bytes([3, 0, 2]) + b"xyz" + SECOND)
write("record", "forwards", bytes([0, 0, 1]) + SECOND)

TWO = chunk(1, 2, 0, (1, 2), FIRST + SECOND)
MANY = [record(f"s-{number}", "a.b", b"1", b"", number=number) for number in range(1, 17)]
write("chunk", "two", TWO)
write("chunk", "many", chunk(1, 16, 0, (1, 40), b"".join(MANY)) + chunk(17, 1, 1, (1, 40), FIRST))
write("chunk", "of_more", chunk(5, 1, 4, (3, 9), record("s-1", "a.b", b"1", b"", 4, 4, 5)))
write("chunk", "room", chunk(7, 1, 6, (7, 7), FIRST) + bytes(60))
write("chunk", "behind", TWO[60:] + b"PPrC1" + TWO)
write("chunk", "cut", TWO[:-9])

MONTH = 2 << 32 | 202_609
write("ring", "kinds", struct.pack(">H", 99) + frame(key(1, 0xA1), key(2, 0xA1), key(3, 0xC3), key(4, 0)))
write("ring", "frames", struct.pack(">H", 150) + frame(key(5, MONTH), key(6, 1)) + frame(key(7, 1, 3, 2)))
write("ring", "gone", struct.pack(">H", 0) + frame(key(1, 5)) + frame(key(1, 5, 1, gone=True), key(1, 5, 1)))

PUPILS = "Nom Elève;Prénom Elève;Date naissance;Sexe;Niveau;Classe\r\n"
PUPILS += '"Grand";"Zoé";"2016-02-29";F;CP;"CP A"\r\n"Petit";"Max";"2015-01-01";M;CE1;"CE1; B"\r\n'
TEACHERS = "Civilité;Nom;Prénom;Courriel;Directeur;Classe\r\nMme;Leroux;Ana;ana@example.org;oui;CP A\r\n"
RELATIVES = "Civilité Responsable;Nom responsable;Prénom responsable;Courriel;Téléphone portable;"
RELATIVES += "Nom de famille enfant;Prénom enfant;Classes enfants\r\n"
RELATIVES += "M.;Grand;Luc;luc@example.org;0639980010;Grand;Zoé;CP A\r\n"
END = b"\0\1"
write("onde", "pupils", b"\0" + PUPILS.encode())
write("onde", "latin", b"\0" + PUPILS.encode("latin-1"))
write("onde", "spreadsheet", b"\0" + PUPILS.encode("utf-16"))
write("onde", "three", b"\0" + END.join(text.encode() for text in [PUPILS, TEACHERS, RELATIVES]))
write("onde", "quotes", b"\1" + TEACHERS.encode() + b'"Mme;Leroux\n\n;;;\n"M.";"Le\nRoux";Bo\n')
