/** Checks a published checkpoint against golden numbers of the official code. */
@NullMarked
package org.sjd4j.parity;

import org.jspecify.annotations.NullMarked;
