/*
 * onions.h - addresses of onion services, good and bad, and a pin: Tor's own examples.
 */
#ifndef ONIONS_H
#define ONIONS_H

#define A      "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion"
#define B      "sp3k262uwy4r2k3ycr5awluarykdpag6a7y33jxop4cs2lu5uz5sseqd.onion"
#define C      "xa4r2iadxm55fbnqgwwi5mymqdcofiu3w6rpbtqn7b2dyn7mgwj64jyd.onion"
#define FORGED "pg7mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion" /* A, mistyped */
#define OLD    "cssj56utefk3wxsv.onion"                                         /* version 2 */
#define PIN    "03d66dd08835c1ca3f12"

#endif
