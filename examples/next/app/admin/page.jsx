export default function Page() {
  return <p>Administration.</p>;
}
