/** A URL without the user and password in it, which are nobody else's business. */
export const withoutPassword = (url: string): string => url.replace(/^(\w+:\/\/)[^/@]*@/, "$1");
