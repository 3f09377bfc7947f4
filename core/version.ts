/** The version of package.json; a test holds the two together. */
export const VERSION = "0.1.0";
/** The newest version of the Docker Engine API that is served and spoken; documents follow it. */
export const API_VERSION = "1.51";
