import { useTranslation } from "react-i18next";
import { CheckField, SelectField, TextField } from "@/ui/Field";
import { visible } from "@/ui/visible";
import { choices, type Field } from "./fields";

const KINDS: Record<string, string> = { email: "email", uri: "url", date: "date" };

/** One field of a form, under the name that the server gives it. */
export function Blank({ name, field, required }: { name: string; field: Field; required: boolean }) {
  const { t } = useTranslation();
  const label = visible(field.title ?? name) + (required ? ` (${t("asking.question.required")})` : "");
  const hint = field.description ? visible(field.description) : undefined;
  const offered = choices(field);
  if (field.type === "boolean") {
    return (
      <div>
        <CheckField name={name} label={hint ? `${label}: ${hint}` : label} defaultChecked={field.default === true} />
      </div>
    );
  }
  if (field.type === "array") {
    const first = Array.isArray(field.default) ? field.default : [];
    return (
      <fieldset>
        <legend className="text-sm font-medium">{label}</legend>
        {hint && <p className="text-xs text-text-2">{hint}</p>}
        {offered.map(({ value, label: shown }) => (
          <CheckField key={value} name={name} value={value} label={visible(shown)} defaultChecked={first.includes(value)} />
        ))}
      </fieldset>
    );
  }
  const first = field.default === undefined ? undefined : String(field.default);
  if (offered.length > 0) {
    return (
      <SelectField name={name} label={hint ? `${label}: ${hint}` : label} required={required} defaultValue={first ?? ""}>
        <option value="">{t("asking.question.choose")}</option>
        {offered.map(({ value, label: shown }) => (
          <option key={value} value={value}>
            {visible(shown)}
          </option>
        ))}
      </SelectField>
    );
  }
  const number = field.type === "number" || field.type === "integer";
  return (
    <TextField
      name={name}
      label={label}
      hint={hint}
      required={required}
      defaultValue={first}
      type={number ? "number" : (KINDS[field.format ?? ""] ?? "text")}
      step={field.type === "integer" ? 1 : number ? "any" : undefined}
      min={field.minimum}
      max={field.maximum}
      minLength={field.minLength}
      maxLength={field.maxLength}
    />
  );
}
