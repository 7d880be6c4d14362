/** Every request carries these beside its session. */
export const twoCookies = 'theme=dark; lang=en-GB';
