export default async function Page({ searchParams }) {
  const { controls } = await searchParams;
  return <p>Here you would verify: {controls}.</p>;
}
