"""Data shards from any k shards: docs/format.md, "Shards". GF(2^8) with polynomial 0x11d; rows of bytes are multiplied by a table
(bytes.translate) and added as one large number."""


def _times(a, b):
    product = 0
    while b:
        product ^= a * (b & 1)
        a, b = a << 1 ^ (0x11D if a & 0x80 else 0), b >> 1
    return product


TABLES = [bytes(_times(a, b) for b in range(256)) for a in range(256)]
INVERSES = [0] + [TABLES[a].index(1) for a in range(1, 256)]


def row_of(index, k):
    """The coefficients of shard `index` over the data shards."""
    if index < k:
        return [int(i == index) for i in range(k)]
    return [INVERSES[index ^ i] for i in range(k)]


def inverted(matrix):
    """Gauss and Jordan over GF(2^8)."""
    size = len(matrix)
    rows = [list(row) + [int(i == j) for j in range(size)] for i, row in enumerate(matrix)]
    for column in range(size):
        pivot = next(i for i in range(column, size) if rows[i][column])
        rows[column], rows[pivot] = rows[pivot], rows[column]
        scale = TABLES[INVERSES[rows[column][column]]]
        rows[column] = [scale[value] for value in rows[column]]
        for i in range(size):
            factor = TABLES[rows[i][column]] if i != column else TABLES[0]
            rows[i] = [value ^ factor[other] for value, other in zip(rows[i], rows[column])]
    return [row[size:] for row in rows]


def combined(coefficients, shards):
    total = 0
    for coefficient, shard in zip(coefficients, shards):
        if coefficient:
            total ^= int.from_bytes(shard.translate(TABLES[coefficient]), "little")
    return total.to_bytes(len(shards[0]), "little")


def data_shards(k, shards):
    """shards: {index: bytes}, k of them. The k data shards in order."""
    indices = sorted(shards)
    if indices == list(range(k)):
        return [shards[i] for i in indices]
    decode = inverted([row_of(index, k) for index in indices])
    present = [shards[index] for index in indices]
    return [shards[i] if i in shards else combined(decode[i], present) for i in range(k)]
