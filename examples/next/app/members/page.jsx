export default function Page() {
  return <p>Members.</p>;
}
