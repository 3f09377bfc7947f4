/** A JSON object of which nothing is known yet, or whose fields are nobody's to read here. */
export type Document = Readonly<Record<string, unknown>>;
