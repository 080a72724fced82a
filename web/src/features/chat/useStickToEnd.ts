import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

const NEAR = 96; // pixels from the end that still count as being there

interface Sticky {
  frame: RefObject<HTMLDivElement | null>;
  content: RefObject<HTMLDivElement | null>;
  atEnd: boolean;
  toEnd(smooth?: boolean): void;
}

/** Keeps the end in view while text grows, until the reader scrolls away from it. */
export function useStickToEnd(ready: boolean): Sticky {
  const frame = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const sticking = useRef(true);
  const [atEnd, setAtEnd] = useState(true);

  const toEnd = useCallback((smooth = false) => {
    const element = frame.current;
    if (!element) return;
    sticking.current = true;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    element.scrollTo({ top: element.scrollHeight, behavior: smooth && !calm ? "smooth" : "instant" });
  }, []);

  useLayoutEffect(() => {
    if (ready) toEnd();
  }, [ready, toEnd]);

  useEffect(() => {
    const element = frame.current;
    const inside = content.current;
    if (!element || !inside) return;
    let last = element.scrollTop;
    const onScroll = () => {
      const near = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR;
      // Only a movement up is the reader's own: growth moves the end, not the reader.
      if (near) sticking.current = true;
      else if (element.scrollTop < last) sticking.current = false;
      last = element.scrollTop;
      setAtEnd(near || sticking.current);
    };
    const follow = new ResizeObserver(() => {
      if (sticking.current) element.scrollTop = element.scrollHeight;
    });
    follow.observe(inside);
    follow.observe(element);
    element.addEventListener("scroll", onScroll, { passive: true });
    return () => {
      follow.disconnect();
      element.removeEventListener("scroll", onScroll);
    };
  }, []);

  return { frame, content, atEnd, toEnd };
}
