/* processors.h - how many processors this process may use. */
#ifndef PROCESSORS_H
#define PROCESSORS_H

unsigned processors_count(void); /* at least 1 */

#endif
