@NullMarked
package org.sjd4j.spark;

import org.jspecify.annotations.NullMarked;
