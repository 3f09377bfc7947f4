/** One step of the schema. Published steps never change; a later step alters what an earlier one made. */
export interface Migration {
  readonly name: string;
  readonly sql: string;
}
