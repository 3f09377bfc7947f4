// What the attributes of a build's output mean, whoever reads them: `--output` of the command line, or an exporter of BuildKit's API. Their
// annotations are in annotations.ts. https://docs.docker.com/build/exporters/

/**
 * Of an image, what can only be true: what is made here is OCI's, in the store, and SOURCE_DATE_EPOCH bounds the times of what is made for it.
 */
export const SETTLED_OF_IMAGES = ["oci-mediatypes", "store", "rewrite-timestamp"] as const;

/** The names that an attribute `name` lists, with commas between them; none where there is no attribute. */
export const namesListed = (names = ""): readonly string[] => names.split(",").filter((name) => name !== "");
