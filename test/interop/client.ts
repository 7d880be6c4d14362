/** Where people find the application; registered at every provider. The browser of the tests leads it to a local port. */
export const publicUrl = 'https://app.example.com';

/** The secret that every provider has for the confidential client. */
export const clientSecret = 'the-client-secret-of-the-tests';
