/*
 * pin.h - the fingerprint of a certificate in front of an onion address:
 *
 *     user@0123456789abcdef0123.<56 characters>.onion
 *
 * It is for the sender alone: an agent that knows pins ("onionpow deliver") takes it out of the
 * address. Tor leads one that does not to the same server, which has no such domain. So the stamp
 * is for the address without.
 */
#ifndef PIN_H
#define PIN_H

#include "pow/recipient.h"

/* Takes the pin out of a recipient, if there is one. Any other label is a part of the server's
 * name, and stays. */
void pin_remove(struct op_recipient *recipient);

#endif
