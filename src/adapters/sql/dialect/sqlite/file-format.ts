/**
 * As much of SQLite's file format as it takes to read a small table without SQLite
 * (https://sqlite.org/fileformat2.html#b_tree_pages).
 */

/** A page of the database by its number, from 1; `undefined` where the file ends before. */
export type PageReader = (pageNumber: number) => Buffer | undefined;
/** Integers and texts; `undefined` for null and for values of other types. */
export type Row = readonly (number | string | undefined)[];

const databaseHeaderBytes = 100;
const interiorPage = 0x05;
const leafPage = 0x0d;

/** Rows of the table with this root page; throws a `RangeError` on what is not such a table. */
export function readTable(readPage: PageReader, root: number, depth = 0): Row[] {
  const page = readPage(root);
  if (!page || depth > 10) throw new RangeError(`page ${root} is not there`);
  const start = root === 1 ? databaseHeaderBytes : 0;
  const type = page.readUInt8(start);
  if (type === leafPage) return cellOffsets(page, start, 8).map((offset) => readLeafCell(page, offset));
  if (type !== interiorPage) throw new RangeError(`page ${root} is not of a table`);
  const children = cellOffsets(page, start, 12).map((offset) => page.readUInt32BE(offset));
  return [...children, page.readUInt32BE(start + 8)].flatMap((child) => readTable(readPage, child, depth + 1));
}

function cellOffsets(page: Buffer, start: number, headerBytes: number): number[] {
  const count = page.readUInt16BE(start + 3);
  return Array.from({ length: count }, (_, cell) => page.readUInt16BE(start + headerBytes + 2 * cell));
}

/** The row in a cell of a leaf; it must fit in the page. */
function readLeafCell(page: Buffer, offset: number): Row {
  const cell = new ByteReader(page, offset);
  cell.varint(); // length of the payload
  cell.varint(); // row id
  const headerStart = cell.offset;
  const headerEnd = headerStart + cell.varint();
  const types: number[] = [];
  while (cell.offset < headerEnd) types.push(cell.varint());
  return types.map((type) => cell.value(type));
}

/** Bytes of an integer by its serial type; types 8 and 9 are the numbers 0 and 1 themselves. */
const integerBytes = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0];

class ByteReader {
  readonly #bytes: Buffer;
  offset: number;

  constructor(bytes: Buffer, offset: number) {
    this.#bytes = bytes;
    this.offset = offset;
  }

  /** A number of variable length; those that occur here fit in a few bytes. */
  varint(): number {
    let value = 0;
    for (let count = 0; count < 8; count++) {
      const byte = this.#bytes.readUInt8(this.offset++);
      value = value * 128 + (byte & 0x7f);
      if (byte < 0x80) break;
    }
    return value;
  }

  value(type: number): number | string | undefined {
    const start = this.offset;
    const length = integerBytes[type] ?? (type - (type % 2) - 12) / 2;
    this.offset += length;
    if (type >= 13 && type % 2 === 1) return this.#bytes.toString("utf8", start, this.offset);
    if (type === 8 || type === 9) return type - 8;
    if (type === 6) return Number(this.#bytes.readBigInt64BE(start));
    return type >= 1 && type <= 5 ? this.#bytes.readIntBE(start, length) : undefined;
  }
}
