import { ImagePlus, X } from "lucide-react";
import { type ClipboardEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useModels } from "@/client/queries";
import type { Image } from "@/client/types";
import { IconButton } from "@/ui/Button";
import { usePreferences } from "@/ui/preferences";

const LARGEST = 5_000_000; // bytes
const TYPES = ["image/png", "image/jpeg", "image/gif", "image/webp"] as const;

interface Attached extends Image {
  name: string;
}

export interface AttachedImages {
  images: Attached[];
  possible: boolean;
  refused: string | null;
  add(files: Iterable<File>): Promise<void>;
  remove(index: number): void;
  clear(): void;
  onPaste(event: ClipboardEvent): void;
}

/** Images to go with the message, where the chosen model can see. */
export function useAttachments(): AttachedImages {
  const [images, setImages] = useState<Attached[]>([]);
  const [refused, setRefused] = useState<string | null>(null);
  const possible = useVision();
  const add = async (files: Iterable<File>) => {
    setRefused(null);
    for (const file of files) {
      const media_type = TYPES.find((type) => type === file.type);
      if (!media_type) continue;
      if (file.size > LARGEST) {
        setRefused(file.name);
        continue;
      }
      const data = await base64(file);
      setImages((before) => [...before, { name: file.name, media_type, data }]);
    }
  };
  return {
    images,
    possible,
    refused,
    add,
    remove: (index) => setImages(images.filter((_, at) => at !== index)),
    clear: () => setImages([]),
    onPaste: (event) => {
      if (!possible || event.clipboardData.files.length === 0) return;
      event.preventDefault();
      void add(event.clipboardData.files);
    },
  };
}

function useVision(): boolean {
  const { model } = usePreferences();
  const { data } = useModels();
  if (!data) return false;
  const name = model === "auto" ? data.auto?.model : model;
  const found = data.items.find((item) => `${item.provider}/${item.name}` === name || item.name === name);
  return found?.capabilities.includes("vision") ?? false;
}

function base64(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ""));
    reader.onerror = () => reject(reader.error ?? new Error(file.name));
    reader.readAsDataURL(file);
  });
}

export function Attachments({ attached }: { attached: AttachedImages }) {
  const { t } = useTranslation();
  if (attached.images.length === 0 && !attached.refused) return null;
  return (
    <div className="flex flex-wrap gap-2 px-4 pt-3">
      {attached.images.map((image, index) => (
        <figure key={index} className="flex items-center rounded-xl border border-line bg-surface-1">
          <img
            src={`data:${image.media_type};base64,${image.data}`}
            alt={t("composer.imageAlt", { name: image.name })}
            className="size-11 rounded-l-xl object-cover"
          />
          <IconButton label={t("composer.removeImage", { name: image.name })} onClick={() => attached.remove(index)}>
            <X aria-hidden className="size-4" />
          </IconButton>
        </figure>
      ))}
      {attached.refused && (
        <p role="alert" className="self-center text-sm text-error">
          {t("composer.imageTooLarge", { name: attached.refused })}
        </p>
      )}
    </div>
  );
}

export function AttachButton({ attached }: { attached: AttachedImages }) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  if (!attached.possible) return null;
  return (
    <>
      <input
        ref={input}
        type="file"
        accept={TYPES.join(",")}
        multiple
        hidden
        onChange={(event) => {
          void attached.add([...(event.target.files ?? [])]);
          event.target.value = "";
        }}
      />
      <IconButton label={t("composer.image")} onClick={() => input.current?.click()} round>
        <ImagePlus aria-hidden className="size-5" />
      </IconButton>
    </>
  );
}
