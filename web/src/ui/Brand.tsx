/** The mark: an agent in the middle, its two circles of thought and act around it. */
export function Brand({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" aria-hidden className={className}>
      <g fill="none" stroke="var(--primary)" strokeWidth="2.2" strokeLinecap="round">
        <path d="M9.5 22.5a9.2 9.2 0 0 1 0-13" />
        <path d="M22.5 9.5a9.2 9.2 0 0 1 0 13" />
      </g>
      <circle cx="16" cy="16" r="3.6" fill="var(--text-1)" />
      <circle cx="22.5" cy="9.5" r="2.4" fill="var(--purple)" />
      <circle cx="9.5" cy="22.5" r="2.4" fill="var(--purple)" />
    </svg>
  );
}
